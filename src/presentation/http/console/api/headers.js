// Headers that several requests have.

/** A reason in a header is percent-encoded UTF-8. */
export function reasonHeader(reason) {
  return reason ? { 'Config-Reason': encodeURIComponent(reason) } : {};
}
