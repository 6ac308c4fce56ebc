/** How long the rest of a training takes if it goes on as it did. */

export interface PaceOptions {
  /** Still to come, this one included. */
  readonly epochs: number;
  readonly validated: boolean;
}

export class Pace {
  readonly #validated: boolean;
  #epochsLeft: number;
  #stepSeconds = 0;
  #steps = 0;
  #validationSeconds = 0;

  constructor({ epochs, validated }: PaceOptions) {
    this.#epochsLeft = epochs;
    this.#validated = validated;
  }

  stepTook(seconds: number): void {
    this.#stepSeconds += seconds;
    this.#steps += 1;
  }

  /** An epoch is over, its validation included. */
  epochEnded(validationSeconds: number): void {
    this.#epochsLeft -= 1;
    this.#validationSeconds = validationSeconds;
  }

  /** After `step` of `steps` steps of the present epoch. The first validation is not foreseen. */
  secondsLeft(step: number, steps: number): number {
    const stepsLeft = this.#epochsLeft * steps - step;
    const validations = this.#validated ? this.#epochsLeft : 0;
    return (stepsLeft * this.#stepSeconds) / this.#steps + validations * this.#validationSeconds;
  }
}
