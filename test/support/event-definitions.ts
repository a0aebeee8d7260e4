/** Topics of a service, as the compiler sees them. */
export const definitions = {
  DefaultCategory: 'testing',
  Topics: [
    {
      Entity: 'MyEntity',
      Action: 'Created',
      Description: 'somebody made one',
      Schema: {
        type: 'object',
        required: ['id'],
        additionalProperties: false,
        properties: {
          id: { type: 'string', format: 'uuid' },
          size: { type: 'integer', minimum: 0, exclusiveMinimum: true },
          tags: { type: 'array', items: { type: 'string' } },
          state: { enum: ['open', 'closed'] },
        },
      },
    },
    { Category: 'claims', Entity: 'Claim', Action: 'Filed', Schema: { type: 'object' } },
  ],
} as const;

export const quiet = { info: () => undefined, warn: () => undefined };
