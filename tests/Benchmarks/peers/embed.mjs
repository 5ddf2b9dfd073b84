// Embeds token ids with onnxruntime-node as a typical user does: default session options, batches padded to their longest row, mean over the mask, unit length.
// Usage: node embed.mjs MODEL.onnx. First line of stdin: [[id, …], …]. Then a line each: "run BATCH" answers {"seconds"}, "vectors BATCH" answers [[…], …].
import { createInterface } from 'node:readline';
import { InferenceSession, Tensor } from 'onnxruntime-node';

const session = await InferenceSession.create(process.argv[2]);

function batch(rows) {
  const width = Math.max(...rows.map(row => row.length));
  const ids = new BigInt64Array(rows.length * width);
  const mask = new BigInt64Array(rows.length * width);
  rows.forEach((row, r) => row.forEach((id, i) => {
    ids[r * width + i] = BigInt(id);
    mask[r * width + i] = 1n;
  }));
  return { width, feeds: { input_ids: new Tensor('int64', ids, [rows.length, width]), attention_mask: new Tensor('int64', mask, [rows.length, width]) } };
}

function pool(hidden, rows, width) {
  const size = hidden.dims[2];
  return rows.map((row, r) => {
    const vector = new Float32Array(size);
    for (let i = 0; i < row.length; i++) {
      const start = (r * width + i) * size;
      for (let d = 0; d < size; d++) vector[d] += hidden.data[start + d];
    }
    const norm = Math.hypot(...vector);
    return vector.map(value => value / norm);
  });
}

async function embed(texts, batchSize) {
  const vectors = [];
  for (let i = 0; i < texts.length; i += batchSize) {
    const rows = texts.slice(i, i + batchSize);
    const { width, feeds } = batch(rows);
    const { last_hidden_state } = await session.run(feeds);
    vectors.push(...pool(last_hidden_state, rows, width));
  }
  return vectors;
}

let texts;
for await (const line of createInterface({ input: process.stdin })) {
  if (texts === undefined) {
    texts = JSON.parse(line);
    console.log('"ready"');
    continue;
  }

  const [command, size] = line.split(' ');
  const start = performance.now();
  const vectors = await embed(texts, Number(size));
  console.log(JSON.stringify(command === 'run' ? { seconds: (performance.now() - start) / 1000 } : vectors.map(vector => [...vector])));
}
