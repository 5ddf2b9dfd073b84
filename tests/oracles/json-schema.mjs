// Validates texts with ajv. In: [{schema, texts}]; out: [[null or what is wrong with the text]].
import Ajv2020 from "ajv/dist/2020.js";
import addFormats from "ajv-formats";
import { readFileSync } from "node:fs";

const answers = JSON.parse(readFileSync(0, "utf8")).map(({ schema, texts }) => {
  const ajv = new Ajv2020({ strict: false, unicodeRegExp: true });
  addFormats(ajv);
  const validate = ajv.compile(schema);
  return texts.map((text) => {
    try {
      return validate(JSON.parse(text)) ? null : ajv.errorsText(validate.errors);
    } catch (error) {
      return String(error.message);
    }
  });
});
process.stdout.write(JSON.stringify(answers));
