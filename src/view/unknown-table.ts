/**
 * What is said of the table where the check process does not tell: why it does not, as a part of a sentence. IPVS
 * itself does not depend on that process.
 */
export const unknownTable = (reason: string): string =>
  `the table is not known: ${reason}; the kernel goes on with what it has`;
