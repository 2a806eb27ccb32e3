/** A token of HTTP (RFC 9110, 5.6.2): what the name of a header or method is made of. */
export const token = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/
