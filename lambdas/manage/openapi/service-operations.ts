import * as z from 'zod';
import type { DocumentedDoor } from './operation';

const healthReply = z
  .strictObject({ status: z.literal('ok'), stage: z.string() })
  .meta({ examples: [{ status: 'ok', stage: 'preview' }] });

/** What read-health and read-openapi answer. */
export const serviceOperations: DocumentedDoor = {
  tag: 'service',
  description: 'The service itself, for everybody.',
  replies: { Health: healthReply },
  operations: [
    {
      id: 'readHealth',
      method: 'GET',
      path: '/health',
      summary: 'Says that the API answers.',
      success: { status: 200, description: 'It answers', schema: healthReply },
      refusals: [],
    },
    {
      id: 'readOpenapi',
      method: 'GET',
      path: '/openapi.json',
      summary: 'Gives this document.',
      success: {
        status: 200,
        description: 'OpenAPI 3.1',
        schema: z.looseObject({ openapi: z.string(), paths: z.looseObject({}) }),
      },
      refusals: [],
    },
  ],
};
