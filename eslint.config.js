import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['.tmp', 'dist', 'node_modules', 'coverage'] },
  {
    files: ['src/**/*.ts', 'test/**/*.ts', 'bench/**/*.ts', 'mutation/**/*.ts', 'soak/**/*.ts'],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: {
      parserOptions: { project: './tsconfig.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      'no-console': 'error',
      eqeqeq: 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unnecessary-condition': ['error', { allowConstantLoopConditions: true }],
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
      'no-restricted-imports': [
        'error',
        { name: 'fast-check', message: 'test/support/properties.ts has it, with seeds that do not change.' },
      ],
    },
  },
  { files: ['test/support/properties.ts'], rules: { 'no-restricted-imports': 'off' } },
);
