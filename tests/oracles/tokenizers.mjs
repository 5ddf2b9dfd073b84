// Encodes texts with @anush008/tokenizers, the Rust implementation of Hugging Face. In: {tokenizers, texts}, tokenizers being paths or the JSON itself; out, for
// each tokenizer: {error} or [{ids, offsets, special, decoded, plain}]: ids and offsets (code points, flat) without the template, ids with it, the text of ids
// with and without special tokens. A text that the library cannot encode: {error}.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const { Tokenizer } = createRequire(import.meta.url)("@anush008/tokenizers");
const { tokenizers, texts } = JSON.parse(readFileSync(0, "utf8"));

async function answer(rust, text) {
  try {
    const encoding = await rust.encode(text, null, { addSpecialTokens: false });
    const special = await rust.encode(text, null, { addSpecialTokens: true });
    const ids = encoding.getIds();
    // Without a token some decoders of the library end the process.
    const decode = async (skip) => (ids.length > 0 ? await rust.decode(ids, skip) : "");
    return { ids, offsets: encoding.getOffsets().flat(), special: special.getIds(), decoded: await decode(false), plain: await decode(true) };
  } catch (error) {
    return { error: String(error.message ?? error) };
  }
}

const all = [];
for (const tokenizer of tokenizers) {
  let rust;
  try {
    rust = tokenizer.startsWith("{") ? Tokenizer.fromString(tokenizer) : Tokenizer.fromFile(tokenizer);
  } catch (error) {
    all.push({ error: String(error.message ?? error) });
    continue;
  }
  rust.disableTruncation();
  rust.disablePadding();
  const answers = [];
  for (const text of texts) answers.push(await answer(rust, text));
  all.push(answers);
}
process.stdout.write(JSON.stringify(all));
