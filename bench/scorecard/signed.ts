/** Signed adverts, in keepalived's words; keepalived knows them from 2.4.2 on. */
export const SIGNED = `  auth_hmac {
    key 1 "0123456789abcdef0123456789abcdef"
    active_key 1
  }
`;
