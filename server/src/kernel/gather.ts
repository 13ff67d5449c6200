/**
 * Turns single questions into batches: those asked before `soon` runs its task, and while `atOnce` batches are under way,
 * share one call (MESSAGE-PATH rule 21). `ask` answers in the order of its questions; its failure is everybody's of that batch.
 */
export function gather<Question, Answer>(options: {
  /** Runs the task once, after those who ask together have asked. */
  soon(task: () => void): void;
  readonly max: number;
  readonly atOnce: number;
  ask(questions: readonly Question[]): Promise<readonly Answer[]>;
}): (question: Question) => Promise<Answer> {
  interface Waiting {
    readonly question: Question;
    resolve(answer: Answer): void;
    reject(error: unknown): void;
  }
  const waiting: Waiting[] = [];
  let scheduled = false;
  let running = 0;

  function schedule(): void {
    if (scheduled || waiting.length === 0) return;
    scheduled = true;
    options.soon(() => {
      scheduled = false;
      while (waiting.length > 0 && running < options.atOnce) void run(waiting.splice(0, options.max));
    });
  }

  async function run(batch: readonly Waiting[]): Promise<void> {
    running++;
    try {
      const answers = await options.ask(batch.map((w) => w.question));
      batch.forEach((w, i) => void w.resolve(answers[i] as Answer));
    } catch (error) {
      for (const w of batch) w.reject(error);
    } finally {
      running--;
      schedule();
    }
  }

  return (question) =>
    new Promise((resolve, reject) => {
      waiting.push({ question, resolve, reject });
      if (running < options.atOnce) schedule();
    });
}
