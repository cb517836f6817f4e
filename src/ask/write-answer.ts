import { AppError } from '../errors.ts';
import type { LanguageModel } from '../models/language-model.ts';
import type { AnswerEvent } from '../types.ts';
import { addUsage, type Draft, type Show } from './draft.ts';
import { generate, type GenerateInput, type GenerateOutcome } from './generate.ts';

/** However slow a model is, a person has waited long enough by then. */
const MODEL_MS = 90_000;

/**
 * Streams the model's supported sentences into the draft, and counts what the call cost.
 * @throws the signal's reason when the asking was cancelled
 */
export async function* writeAnswer(
  input: GenerateInput,
  model: LanguageModel,
  draft: Draft,
  show: Show,
  signal: AbortSignal,
): AsyncGenerator<AnswerEvent, GenerateOutcome> {
  const sentences = generate(input, model, AbortSignal.any([signal, AbortSignal.timeout(MODEL_MS)]));
  for (;;) {
    const next = await sentences.next();
    if (next.done) {
      const { usage, ...rest } = next.value;
      addUsage(draft, usage);
      draft.trace = {
        ...draft.trace,
        given: input.passages.map((p) => p.id),
        dropped: rest.dropped,
        saidNone: rest.saidNone,
        ...(rest.error === undefined ? {} : { modelError: rest.error instanceof AppError ? rest.error.code : 'model.failed' }),
      };
      signal.throwIfAborted();
      return next.value;
    }
    // Set before the sentence goes out: if all breaks after it, what was shown stays an answer.
    draft.status = 'answered';
    yield show(next.value.text, next.value.block, next.value.places, Math.round(next.value.share * 100) / 100);
  }
}
