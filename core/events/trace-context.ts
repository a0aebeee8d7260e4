/** W3C Trace Context, 3.2: version, trace, span, flags; neither id may be all zeros, and version ff is none. */
const TRACE_PARENT = /^(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/;

/** What everybody hands on at least (3.3.1.5). */
const TRACE_STATE = /^[\x20-\x7e]{1,512}$/;

/**
 * The trace that a call belongs to, by the names of the CloudEvents extension for distributed tracing.
 * What is not well formed is left out, as the recommendation says: a trace is no reason to refuse.
 * @param headers with names in lower case.
 */
export function readTraceContext(
  headers: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const { traceparent = '', tracestate = '' } = headers;
  if (!TRACE_PARENT.test(traceparent)) {
    return {};
  }
  return { traceparent, ...(TRACE_STATE.test(tracestate) && { tracestate }) };
}
