// Renders chat templates with @huggingface/jinja. In: [{template, variables}]; out: [{text} or {error}].
import { Template } from "@huggingface/jinja";
import { readFileSync } from "node:fs";

const parsed = new Map();
const answers = JSON.parse(readFileSync(0, "utf8")).map(({ template, variables }) => {
  try {
    if (!parsed.has(template)) parsed.set(template, new Template(template));
    return { text: parsed.get(template).render(variables) };
  } catch (error) {
    return { error: String(error.message ?? error) };
  }
});
process.stdout.write(JSON.stringify(answers));
