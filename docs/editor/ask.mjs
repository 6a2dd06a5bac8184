// Query the YAML language server about a workflow file, as an editor does: `node ask.mjs SERVER FILE`.
// SERVER is the executable of the npm package yaml-language-server. FILE is a workflow whose first line names
// its schema. Write a transcript to stdout.
import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [server, file] = process.argv.slice(2);
const uri = pathToFileURL(file).href;
const text = readFileSync(file, "utf8");
const child = spawn("node", [server, "--stdio"], { stdio: ["pipe", "pipe", "inherit"] });
const answers = new Map();
const diagnostics = [];
let number = 0;
let received = Buffer.alloc(0);

function send(message) {
  const body = JSON.stringify({ jsonrpc: "2.0", ...message });
  child.stdin.write(`Content-Length: ${Buffer.byteLength(body)}\r\n\r\n${body}`);
}

function ask(method, params) {
  const id = ++number;
  send({ id, method, params });
  return new Promise((resolve) => answers.set(id, resolve));
}

const settings = { yaml: { hover: true, completion: true, schemaStore: { enable: false } } };

function take(message) {
  if (message.method === "workspace/configuration") {
    send({ id: message.id, result: message.params.items.map((item) => settings[item.section] ?? null) });
  } else if (message.method === "textDocument/publishDiagnostics") {
    diagnostics.push(message.params.diagnostics);
  } else if (message.method && message.id !== undefined) {
    send({ id: message.id, result: null });
  } else if (answers.has(message.id)) {
    answers.get(message.id)(message.result);
  }
}

child.stdout.on("data", (data) => {
  received = Buffer.concat([received, data]);
  for (;;) {
    const end = received.indexOf("\r\n\r\n");
    if (end < 0) return;
    const length = Number(/Content-Length: (\d+)/.exec(received.subarray(0, end).toString())[1]);
    if (received.length < end + 4 + length) return;
    take(JSON.parse(received.subarray(end + 4, end + 4 + length).toString()));
    received = received.subarray(end + 4 + length);
  }
});

// `text` with the cursor behind the first `before`.
function cursor(before, content = text) {
  const lines = content.slice(0, content.indexOf(before) + before.length).split("\n");
  return { line: lines.length - 1, character: lines.at(-1).length };
}

await ask("initialize", {
  processId: process.pid,
  rootUri: null,
  capabilities: { workspace: { configuration: true }, textDocument: { hover: { contentFormat: ["plaintext"] } } },
});
send({ method: "initialized", params: {} });
send({ method: "workspace/didChangeConfiguration", params: { settings } });
send({ method: "textDocument/didOpen", params: { textDocument: { uri, languageId: "yaml", version: 1, text } } });

const textDocument = { uri };
const hover = await ask("textDocument/hover", { textDocument, position: cursor("attem") });
console.log("hover over 'attempts':");
for (const line of hover.contents.value.split("\n").filter((each) => each && !/^(####|Source:)/.test(each))) {
  console.log(`  ${line}`);
}

const typed = text.replace("    attempts", "    s\n    attempts");
send({ method: "textDocument/didChange", params: { textDocument: { uri, version: 2 }, contentChanges: [{ text: typed }] } });
const offered = await ask("textDocument/completion", { textDocument, position: cursor("    s", typed) });
console.log("completion of 's' in a job:");
for (const item of offered.items.filter((each) => each.label.startsWith("s")).slice(0, 5)) {
  console.log(`  ${item.label}: ${String(item.documentation?.value ?? item.documentation ?? "").split("\n")[0]}`);
}

const wrong = text.replace("    attempts", "    memry: 2GiB\n    trigger_rule: sometimes\n    attempts");
const seen = diagnostics.length;
send({ method: "textDocument/didChange", params: { textDocument: { uri, version: 3 }, contentChanges: [{ text: wrong }] } });
const deadline = Date.now() + 60_000;
const found = () => diagnostics.slice(seen).find((each) => each.some((one) => one.message.includes("memry")));
while (!found() && Date.now() < deadline) await new Promise((resolve) => setTimeout(resolve, 50));
console.log("problems shown:");
for (const each of found() ?? []) {
  console.log(`  line ${each.range.start.line + 1}: ${each.message.split("\n")[0].slice(0, 100)}`);
}
child.kill();
