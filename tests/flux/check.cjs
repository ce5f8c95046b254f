// Parses and type-checks Flux by InfluxData's language server.
//
// On standard input: a JSON array of queries. On standard output: a JSON array with the messages
// about each, empty for a query that is right. Warnings are no messages.
'use strict';

const { readFileSync } = require('node:fs');

const ERROR = 1;
console.log = console.info = console.debug = console.error; // the server logs by these
process.exitCode = 3; // unless all of it is done

const { Lsp, is_valid_flux: isValid } = require('@influxdata/flux-lsp-node');

async function main() {
  const server = new Lsp();
  const published = new Map();
  server.onMessage((text) => {
    const { method, params } = JSON.parse(text);
    if (method === 'textDocument/publishDiagnostics') published.set(params.uri, params.diagnostics);
  });
  server.run(); // until the process ends
  const send = async (message) => {
    const answer = await server.send(JSON.stringify({ jsonrpc: '2.0', ...message }));
    if (answer && JSON.parse(answer).error) throw new Error(answer);
  };
  await send({ id: 1, method: 'initialize', params: { capabilities: {} } });
  await send({ method: 'initialized', params: {} });

  const found = [];
  for (const [number, text] of JSON.parse(readFileSync(0, 'utf8')).entries()) {
    const uri = `file:///query${number}/main.flux`; // the files of a folder are one package
    const textDocument = { uri, languageId: 'flux', version: 1, text };
    await send({ method: 'textDocument/didOpen', params: { textDocument } });
    const errors = published.get(uri).filter(({ severity }) => severity === ERROR);
    // The same analysis by another way: the server drops errors that it finds no place for.
    if (isValid(text) !== (errors.length === 0)) throw new Error(`two verdicts on ${text}`);
    found.push(errors.map(({ message }) => message));
    await send({ method: 'textDocument/didClose', params: { textDocument: { uri } } });
  }
  process.stdout.write(JSON.stringify(found));
}

main().then(
  () => { process.exitCode = 0; },
  (error) => { console.error(error); process.exitCode = 2; },
);
