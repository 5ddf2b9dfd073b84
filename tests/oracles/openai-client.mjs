// The official npm client against a server: reads {baseUrl, apiKey, model, embeddingModel} and writes what the client made of the answers.
import OpenAI from 'openai';
import { readFileSync } from 'node:fs';

const { baseUrl, apiKey, model, embeddingModel } = JSON.parse(readFileSync(0, 'utf8'));
const client = new OpenAI({ baseURL: baseUrl, apiKey, maxRetries: 0 });
const question = { model, temperature: 0, max_tokens: 24, messages: [{ role: 'user', content: 'What is the capital of Germany?' }] };

const failure = async work => {
  try {
    await work();
    return null;
  } catch (e) {
    return { kind: e.constructor.name, status: e.status, code: e.code, param: e.param, type: e.type, message: e.message };
  }
};

const whole = await client.chat.completions.create(question);
const chunks = [];
for await (const chunk of await client.chat.completions.create({ ...question, stream: true, stream_options: { include_usage: true } })) chunks.push(chunk);
const helper = await client.chat.completions.stream(question).finalChatCompletion();
const logprobs = await client.chat.completions.create({ ...question, max_tokens: 3, logprobs: true, top_logprobs: 2 });
const object = await client.chat.completions.create({ ...question, max_tokens: 80, messages: [{ role: 'user', content: 'Berlin as JSON with one member, please.' }], response_format: { type: 'json_schema', json_schema: { name: 'one', strict: true, schema: { type: 'object', properties: { name: { type: 'string', maxLength: 12 } }, required: ['name'], additionalProperties: false } } } });
const biased = await client.chat.completions.create({ ...question, max_tokens: 8, logit_bias: Object.fromEntries([...Array(1000).keys()].map(i => [i, -100])) });
const vectors = await client.embeddings.create({ model: embeddingModel, input: ['query: notice period', 'query: Kündigungsfrist', 'query: banana bread'] });
const floats = await client.embeddings.create({ model: embeddingModel, input: 'query: notice period', encoding_format: 'float' });
const models = [];
for await (const m of client.models.list()) models.push(m);

process.stdout.write(JSON.stringify({
  whole,
  streamed: chunks.map(c => c.choices[0]?.delta?.content ?? '').join(''),
  firstRole: chunks[0].choices[0].delta.role,
  finish: chunks.flatMap(c => c.choices).map(c => c.finish_reason).filter(Boolean),
  usage: chunks.at(-1).usage,
  ids: [...new Set(chunks.map(c => c.id))].length,
  helper: helper.choices[0].message.content,
  logprobs,
  object: object.choices[0].message.content,
  biased: biased.choices[0].message.content,
  unbiased: whole.choices[0].message.content,
  vectors: vectors.data.map(d => d.embedding),
  floats: floats.data[0].embedding,
  models,
  one: await client.models.retrieve(model),
  failures: {
    model: await failure(() => client.chat.completions.create({ ...question, model: 'gpt-4o' })),
    many: await failure(() => client.chat.completions.create({ ...question, n: 2 })),
    empty: await failure(() => client.chat.completions.create({ ...question, messages: [] })),
    image: await failure(() => client.chat.completions.create({ ...question, messages: [{ role: 'user', content: [{ type: 'image_url', image_url: { url: 'data:image/png;base64,AAAA' } }] }] })),
    long: await failure(() => client.chat.completions.create({ ...question, messages: [{ role: 'user', content: 'word '.repeat(20000) }] })),
    schema: await failure(() => client.chat.completions.create({ ...question, response_format: { type: 'json_schema', json_schema: { name: 'x', schema: { type: 'nonsense' } } } })),
    tokens: await failure(() => client.embeddings.create({ model: embeddingModel, input: [1, 2, 3] })),
    dimensions: await failure(() => client.embeddings.create({ model: embeddingModel, input: 'x', dimensions: 64 })),
    retrieve: await failure(() => client.models.retrieve('gpt-4o')),
    key: await failure(() => new OpenAI({ baseURL: baseUrl, apiKey: 'rag_wrong', maxRetries: 0 }).models.list()),
  },
}));
