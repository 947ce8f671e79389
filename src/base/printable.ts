/** The text with its control characters written as `\u001b`: it stays in its line and steers no terminal. */
export const printable = (text: string): string => text.replace(/\p{Cc}/gu, escaped);

/** The same of several lines: tabs and line feeds stay. JSON means what it meant. */
export const printableLines = (text: string): string => text.replace(/[^\t\n\P{Cc}]/gu, escaped);

const escaped = (found: string): string => `\\u${found.charCodeAt(0).toString(16).padStart(4, '0')}`;
