/** Price levels as two parallel arrays, sorted by key, the highest key last. */

const INITIAL_CAPACITY = 1_024;

export class SortedLevels {
  #keys = new Float64Array(INITIAL_CAPACITY);
  #lots = new Float64Array(INITIAL_CAPACITY);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  clear(): void {
    this.#size = 0;
  }

  /** Key and size of the level `rank` places below the highest; NaN when there is none. */
  keyAt(rank: number): number {
    return rank < this.#size ? this.#keys[this.#size - 1 - rank]! : Number.NaN;
  }

  lotsAt(rank: number): number {
    return rank < this.#size ? this.#lots[this.#size - 1 - rank]! : Number.NaN;
  }

  /** Size at a key; 0 when there is no such level. */
  lotsOf(key: number): number {
    const index = this.#lowerBound(key);
    return index < this.#size && this.#keys[index] === key ? this.#lots[index]! : 0;
  }

  /** Sets the size at a key; 0 deletes the level, and deleting what is not there does nothing. */
  set(key: number, qtyLots: number): void {
    const index = this.#lowerBound(key);
    const exists = index < this.#size && this.#keys[index] === key;
    if (qtyLots === 0) {
      if (exists) this.#removeAt(index);
    } else {
      if (!exists) this.#insertAt(index, key);
      this.#lots[index] = qtyLots;
    }
  }

  /** Takes the highest level away. */
  pop(): void {
    this.#size--;
  }

  /** First index whose key is not below `key`. */
  #lowerBound(key: number): number {
    const keys = this.#keys;
    let low = 0;
    let high = this.#size;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (keys[middle]! < key) low = middle + 1;
      else high = middle;
    }
    return low;
  }

  #insertAt(index: number, key: number): void {
    if (this.#size === this.#keys.length) this.#grow();
    if (index < this.#size) {
      this.#keys.copyWithin(index + 1, index, this.#size);
      this.#lots.copyWithin(index + 1, index, this.#size);
    }
    this.#keys[index] = key;
    this.#size++;
  }

  #removeAt(index: number): void {
    this.#keys.copyWithin(index, index + 1, this.#size);
    this.#lots.copyWithin(index, index + 1, this.#size);
    this.#size--;
  }

  #grow(): void {
    const keys = new Float64Array(this.#keys.length * 2);
    const lots = new Float64Array(this.#lots.length * 2);
    keys.set(this.#keys);
    lots.set(this.#lots);
    this.#keys = keys;
    this.#lots = lots;
  }
}
