/** A sort key of DynamoDB holds 1024 bytes, and the user_id is one in an index. */
const MAX_USER_ID_BYTES = 1024;

/**
 * Why a user_id cannot name a person, or `undefined` when it can. Half a surrogate pair is refused because
 * UTF-8 has no form for it: two such ids would become one key.
 */
export function userIdProblem(userId: string): string | undefined {
  if (userId === '') {
    return 'user_id.value must be a non-empty string';
  }
  const bytes = Buffer.from(userId);
  if (bytes.length > MAX_USER_ID_BYTES) {
    return `user_id.value has ${bytes.length} bytes; the limit is ${MAX_USER_ID_BYTES}`;
  }
  return bytes.toString() === userId ? undefined : 'user_id.value holds half a surrogate pair';
}
