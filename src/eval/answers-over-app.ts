/** `docent eval answers` over a whole application: the path of production, ledger included. */
import { answerQuestion } from '../answering.ts';
import type { WiredApp } from '../app.ts';
import type { EvalSet } from './beir.ts';

export async function evaluateAnswersOver(set: EvalSet, app: WiredApp, signal: AbortSignal, onProgress?: (text: string) => void): Promise<object> {
  void answerQuestion; void set; void app; void signal; void onProgress;
  throw new Error('not wired');
}
