// Encodes texts with @anush008/tokenizers, the Rust implementation of Hugging Face. In: {tokenizer, texts}; out: [{ids, offsets, special, decoded, plain}]:
// ids and offsets (code points, flat) without the template, ids with it, the text of ids with and without special tokens.
import { createRequire } from "node:module";
import { readFileSync } from "node:fs";

const { Tokenizer } = createRequire(import.meta.url)("@anush008/tokenizers");
const { tokenizer, texts } = JSON.parse(readFileSync(0, "utf8"));
const rust = Tokenizer.fromFile(tokenizer);
rust.disableTruncation();
rust.disablePadding();
const answers = [];
for (const text of texts) {
  const encoding = await rust.encode(text, null, { addSpecialTokens: false });
  const special = await rust.encode(text, null, { addSpecialTokens: true });
  const ids = encoding.getIds();
  answers.push({ ids, offsets: encoding.getOffsets().flat(), special: special.getIds(), decoded: await rust.decode(ids, false), plain: await rust.decode(ids, true) });
}
process.stdout.write(JSON.stringify(answers));
