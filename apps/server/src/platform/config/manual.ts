import { defaultText, environmentName, flagName, settingKeys, settings, type Setting } from './settings.ts';

/** docs/operations/configuration.md, whole. Write it with `node apps/server/src/platform/config/write-manual.ts`. */
export function configurationManual(): string {
  const sections = settingKeys.map((key) => {
    const own: Setting = settings[key];
    const text = defaultText(key);
    const lines = [
      `## \`${key}\``,
      '',
      own.description,
      '',
      `- Default: ${text === '' ? 'empty' : own.defaultText === undefined ? `\`${text}\`` : text}`,
      ...(own.unit === undefined ? [] : [`- Unit of a bare number: ${own.unit}`]),
      `- Flag: \`${flagName(key)}\`, environment: \`${environmentName(key)}\``,
      ...(own.secret === true ? ['- Secret: never logged or shown'] : []),
    ];
    return lines.join('\n');
  });
  return `# Configuration

<!-- Made from apps/server/src/platform/config/settings.ts by write-manual.ts beside it. Don't edit. -->

A flag of \`sallyport up\` wins over the environment, that over the file \`sallyport.yml\` in the data folder, that over the default.
A value that can't be used stops the start with a message that names its key and where it came from.
Sizes are written \`16 MiB\`, times \`30 s\`, \`5 min\`, \`12 h\` or \`7 d\`.

${sections.join('\n\n')}
`;
}
