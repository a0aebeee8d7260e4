import type { DocumentedDoor } from '../openapi/operation';
import { erasureSchema } from './erasure-body';
import { erasureReply } from './erasure-replies';

/** What manage-erasures answers. */
export const erasureOperations: DocumentedDoor = {
  tag: 'erasures',
  description: 'Deletes what is kept of one subject, with a receipt.',
  requests: { ErasureRequest: erasureSchema },
  replies: { Erasure: erasureReply },
  operations: [
    {
      id: 'requestErasure',
      method: 'POST',
      path: '/v1/erasures',
      summary:
        'Takes on the erasure of a `user_id`, or of the subject of events, or of a user who acted in them.',
      scopes: ['erase'],
      body: { schema: erasureSchema, example: { subject: 'ad|Example-LDAP|ada' } },
      success: { status: 202, description: 'It is taken on', schema: erasureReply },
      refusals: [400, 409, 413],
    },
    {
      id: 'readErasure',
      method: 'GET',
      path: '/v1/erasures/{id}',
      summary: 'Reads the progress of an erasure, and its receipt at the end.',
      scopes: ['erase'],
      success: { status: 200, description: 'The erasure', schema: erasureReply },
      refusals: [400, 404],
    },
  ],
};
