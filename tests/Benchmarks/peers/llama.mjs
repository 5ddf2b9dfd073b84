// Generates with llama.cpp (node-llama-cpp) on the CPU, greedy, token ids in and out. A stop token does not end an answer, so both sides make the same number of tokens.
// Usage: node llama.mjs MODEL.gguf THREADS. A line of JSON each: {"prompts": [[id, …], …], "tokens": N} answers {"prefillSeconds", "decodeSeconds", "decoded"}:
// the time until every sequence has its first token, then the time of the rest, all sequences side by side in one context.
import { createInterface } from 'node:readline';
import { getLlama } from 'node-llama-cpp';

const [modelPath, threads] = process.argv.slice(2);
const llama = await getLlama({ gpu: false, build: 'never', maxThreads: Number(threads), logLevel: 'error' });
const model = await llama.loadModel({ modelPath });
const sequencesFor = new Map(); // by number of streams: one stream shall not pay for a context made for eight

async function contextFor(count) {
  const context = await model.createContext({ sequences: count, contextSize: 1536, threads: { ideal: Number(threads), min: Number(threads) } });
  return Array.from({ length: count }, () => context.getSequence());
}

async function generate({ prompts, tokens }) {
  if (!sequencesFor.has(prompts.length)) sequencesFor.set(prompts.length, await contextFor(prompts.length));
  const sequences = sequencesFor.get(prompts.length);
  for (const sequence of sequences) await sequence.clearHistory();
  const streams = prompts.map((prompt, i) => sequences[i].evaluate(prompt, { temperature: 0, yieldEogToken: true }));
  const start = performance.now();
  await Promise.all(streams.map(stream => stream.next()));
  const first = performance.now();
  let decoded = 0;
  await Promise.all(streams.map(async stream => {
    for (let i = 1; i < tokens; i++) {
      await stream.next();
      decoded++;
    }
  }));
  const end = performance.now();
  await Promise.all(streams.map(stream => stream.return()));
  return { prefillSeconds: (first - start) / 1000, decodeSeconds: (end - first) / 1000, decoded };
}

for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await generate(JSON.parse(line))));
}

process.exit(0);
