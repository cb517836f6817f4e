/** The anchors that GitLab gives headings. Runs in the extraction child. */

/**
 * Lower case, without punctuation, one hyphen for each run of spaces and hyphens; digits alone would be an issue's number. As
 * GitLab's documentation describes heading IDs and its `Gitlab::Utils::Markdown#string_to_anchor` makes them; ones that repeat are
 * numbered by the caller.
 */
export function gitlabAnchor(heading: string): string {
  return heading
    .trim()
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{M}\p{Nd}\p{Pc}\- ]/gu, '')
    .replaceAll(/[ -]+/g, '-')
    .replace(/^(\d+)$/, 'anchor-$1');
}
