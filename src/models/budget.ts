/** What models may cost in a calendar month: counted at every call, a warning at 80 %, no more calls at 100 %. */
import { AppError, reasonOf } from '../errors.ts';
import type { Log, UsageRow } from '../types.ts';
import type { Embedder } from './embedder.ts';
import type { LanguageModel, ModelUsage } from './language-model.ts';

export interface BudgetDeps {
  /** US dollars a month; undefined: no limit, usage is recorded all the same. */
  limitUsd: number | undefined;
  /** US dollars of the calendar month, as recorded. */
  spentThisMonth(): Promise<number> | number;
  recordUsage(row: UsageRow): Promise<void> | void;
  log: Pick<Log, 'warn' | 'error'>;
  /** Milliseconds since the epoch; says which month it is. */
  now(): number;
}

export interface BudgetState {
  limitUsd: number | null;
  spentUsd: number;
  /** At or over 80 %. */
  warning: boolean;
  exhausted: boolean;
}

export interface Budget {
  /**
   * Takes the place of a call that may begin, for `estimateUsd`; `settle` gives it back.
   * @throws AppError `budget.exhausted` when what is spent and under way reaches the limit
   */
  enter(estimateUsd: number): Promise<{ settle(): void }>;
  /** Never throws: an answer is not lost because it could not be booked. What was not booked still counts here. */
  record(row: UsageRow): Promise<void>;
  state(): Promise<BudgetState>;
}

/** Share of the limit at which a warning is logged, once a month. */
export const WARN_SHARE = 0.8;

/** One budget for every model of this process. */
export function createBudget(deps: BudgetDeps): Budget {
  const { limitUsd, log } = deps;
  let underWay = 0;
  let unbooked = { month: '', usd: 0 };
  let warnedMonth = '';
  const monthNow = (): string => new Date(deps.now()).toISOString().slice(0, 7);

  async function state(): Promise<BudgetState> {
    const month = monthNow();
    const spentUsd = (await deps.spentThisMonth()) + (unbooked.month === month ? unbooked.usd : 0);
    const limited = limitUsd !== undefined;
    return {
      limitUsd: limitUsd ?? null,
      spentUsd,
      warning: limited && spentUsd >= limitUsd * WARN_SHARE,
      exhausted: limited && spentUsd >= limitUsd,
    };
  }

  return {
    state,
    async enter(estimateUsd) {
      const now = await state();
      if (limitUsd !== undefined && (now.exhausted || now.spentUsd + underWay >= limitUsd)) {
        throw new AppError({
          code: 'budget.exhausted',
          message: 'the budget of the month is used up',
          publicMessage: `This month's budget for models (${limitUsd} US dollars, BUDGET_USD_MONTH) is used up.`,
        });
      }
      underWay += estimateUsd;
      let settled = false;
      return {
        settle() {
          if (!settled) underWay = Math.max(0, underWay - estimateUsd);
          settled = true;
        },
      };
    },
    async record(row) {
      try {
        await deps.recordUsage(row);
      } catch (error) {
        const month = monthNow();
        unbooked = { month, usd: row.usd + (unbooked.month === month ? unbooked.usd : 0) };
        log.error({ model: row.model, purpose: row.purpose, reason: reasonOf(error) }, 'usage of a model could not be recorded');
      }
      if (limitUsd === undefined || warnedMonth === monthNow()) return;
      const now = await state().catch(() => undefined);
      if (now?.warning !== true) return;
      warnedMonth = monthNow();
      log.warn({ spentUsd: now.spentUsd, limitUsd }, 'the budget for models is nearly used up');
    },
  };
}

/**
 * A language model whose calls are counted, and refused once the budget is used up.
 * A call that ends without usage (cancelled, timed out, broken off) is counted by estimate: the endpoint charges for it.
 * @param costUsd US dollars of a usage at this model's price
 */
export function withBudget(
  model: LanguageModel,
  budget: Budget,
  costUsd: (usage: { promptTokens: number; completionTokens: number }) => number,
): LanguageModel {
  return {
    model: model.model,
    contextTokens: model.contextTokens,
    countTokens: (text) => model.countTokens(text),
    async *chat(request, signal) {
      signal.throwIfAborted();
      const promptTokens = request.messages.reduce((sum, message) => sum + 4 + model.countTokens(message.content), 3);
      const place = await budget.enter(costUsd({ promptTokens, completionTokens: request.maxTokens }));
      let told: ModelUsage | undefined;
      let text = '';
      let charged = true;
      try {
        for await (const event of model.chat(request, signal)) {
          if (event.type === 'text') text += event.text;
          else told = event.usage;
          yield event;
        }
      } catch (error) {
        charged = text !== '' || signal.aborted || (error instanceof AppError && error.code === 'model.timeout');
        throw error;
      } finally {
        place.settle();
        const usage = told ?? (charged ? estimated(promptTokens, model.countTokens(text)) : undefined);
        if (usage !== undefined)
          await budget.record({
            purpose: request.purpose,
            model: model.model,
            promptTokens: usage.promptTokens,
            completionTokens: usage.completionTokens,
            usd: usage.costUsd,
          });
      }
    },
  };

  function estimated(promptTokens: number, completionTokens: number): ModelUsage {
    return { promptTokens, completionTokens, costUsd: costUsd({ promptTokens, completionTokens }) };
  }
}

/** An embedder that is refused once the budget is used up. Its driver records what it used: the port does not tell. */
export function withEmbeddingBudget(embedder: Embedder, budget: Budget): Embedder {
  return {
    ...embedder,
    async embed(texts, kind, signal) {
      const place = await budget.enter(0);
      try {
        return await embedder.embed(texts, kind, signal);
      } finally {
        place.settle();
      }
    },
  };
}
