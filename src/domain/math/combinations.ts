/** All ways to choose `size` of `0 … count − 1`, each ascending, in lexicographic order. */
export function* combinations(count: number, size: number): Generator<readonly number[]> {
  const chosen = Array.from({ length: size }, (_, i) => i);
  if (size > count) return;
  for (;;) {
    yield [...chosen];
    let position = size - 1;
    while (position >= 0 && chosen[position] === count - size + position) position--;
    if (position < 0) return;
    chosen[position]!++;
    for (let i = position + 1; i < size; i++) chosen[i] = chosen[i - 1]! + 1;
  }
}
