// Encodes one text with @anush008/tokenizers, the Rust implementation of Hugging Face, on one thread. Arguments: tokenizer.json, file with {"text", "pieces"}.
// Each line of input is one round: the fastest of the text as a whole, its pieces one by one and its pieces as one batch, as {"seconds", "tokens"}.
// Only the library's own work is timed: its results stay native objects.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";

process.env.TOKENIZERS_PARALLELISM = "false";
process.env.RAYON_NUM_THREADS = "1";
const { Tokenizer } = createRequire(new URL("../../oracles/package.json", import.meta.url))("@anush008/tokenizers");
const [tokenizer, file] = process.argv.slice(2);
const { text, pieces } = JSON.parse(readFileSync(file, "utf8"));
const rust = Tokenizer.fromFile(tokenizer);
rust.disableTruncation();
rust.disablePadding();
const options = { addSpecialTokens: false };

async function whole() {
  return [await rust.encode(text, null, options)];
}

async function single() {
  const encodings = [];
  for (const piece of pieces) encodings.push(await rust.encode(piece, null, options));
  return encodings;
}

async function batch() {
  return rust.encodeBatch(pieces, options);
}

for await (const _ of createInterface({ input: process.stdin })) {
  let best = Infinity;
  let tokens = 0;
  for (const way of [whole, single, batch]) {
    const started = process.hrtime.bigint();
    const encodings = await way();
    const seconds = Number(process.hrtime.bigint() - started) / 1e9;
    if (way === batch) tokens = encodings.reduce((sum, encoding) => sum + encoding.getLength(), 0);
    best = Math.min(best, seconds);
  }
  console.log(JSON.stringify({ seconds: best, tokens }));
}
