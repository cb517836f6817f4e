/** Words that are data (documents, names, people, models) on their way into Slack: escaped, and made harmless. */

/** For `mrkdwn` and fallback text: `&`, `<` and `>` are escaped, so that no link, mention or command stands in it. */
export function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
