import { ServiceError } from '../errors';

/** What is wrong, by field: `{"topic": ["is invalid"]}`, in the original's words where it has some. */
export type FieldErrors = Readonly<Record<string, readonly string[]>>;

/** The original's words. */
export const INVALID = 'is invalid';
export const BLANK = "can't be blank";
const TAKEN = 'has already been taken';

/** Its client keeps so many characters of the errors, written as Python writes a dict, and loses the message beyond. */
const MOST_CHARACTERS = 240;

/** A refusal that the clients of the topics door read field by field. */
export class RefusedFields extends ServiceError {
  constructor(
    readonly fields: FieldErrors,
    code: 'body_invalid' | 'already_exists' = 'body_invalid',
  ) {
    super(
      code,
      Object.entries(fields)
        .map(([field, problems]) => `${field}: ${problems.join(', ')}`)
        .join('; '),
    );
  }
}

/** Of fields with a fixed name each, so that the text stays short. */
export function refuse(field: string, problem: string): RefusedFields {
  return new RefusedFields({ [field]: [problem.slice(0, MOST_CHARACTERS - field.length)] });
}

/** Something of that name, or target, is there: the client takes it for made. */
export function taken(field: string): RefusedFields {
  return new RefusedFields({ [field]: [TAKEN] }, 'already_exists');
}
