/** The body of an answer as text, unless it is longer than anything expected. */
import type { HttpAnswer } from '../remote/http-exchange.ts';

/** Null when it is longer than `maxLength`. */
export async function answerText({ body }: HttpAnswer, maxLength: number): Promise<string | null> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of body) {
    text += decoder.decode(chunk, { stream: true });
    if (text.length > maxLength) return null;
  }
  return text + decoder.decode();
}
