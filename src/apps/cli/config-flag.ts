/** A flag that sets one field of the configuration. */
export interface ConfigFlag {
  readonly flag: string;
  readonly description: string;
  /** Path of the field in the configuration. */
  readonly path: readonly string[];
  readonly kind: 'number' | 'text';
}

export const number = (flag: string, description: string, ...path: string[]): ConfigFlag => ({
  flag,
  description,
  path,
  kind: 'number',
});
export const text = (flag: string, description: string, ...path: string[]): ConfigFlag => ({
  flag,
  description,
  path,
  kind: 'text',
});
