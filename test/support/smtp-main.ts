// node smtp-main.js PORT: a mail server on 127.0.0.1 that prints each mail that it gets as a line of JSON.
import { startSmtp } from './smtp.ts';

await startSmtp({
  port: Number(process.argv[2]),
  heard: (mail) => console.log(JSON.stringify(mail)),
});
console.log('{}');
