import { isObject } from './slack-shape.ts';
import type { Fields } from './slack-shape.ts';
import { refuse, refuseWith } from './slack-state.ts';

/**
 * The methods: their arguments (`*` required; s string, b boolean, i integer, j array, o object), the scopes
 * of which one is needed, and calls a minute by tier (1: 1, 2: 20, 3: 50, 4: 100; no number: special limits,
 * here none but those of slack-limits.ts). From the method reference and `@slack/web-api` 8.2.
 */
export interface Spec {
  args: string;
  scopes?: string[];
  perMinute?: number;
  token?: 'app';
}

const content = 'text:s blocks:j attachments:j markdown_text:s';
const paging = 'cursor:s limit:i';
const timeline = 'latest:s oldest:s inclusive:b';

export const specs: Record<string, Spec> = {
  'auth.test': { args: '' },
  'apps.connections.open': { args: '', token: 'app', perMinute: 50 },
  'bots.info': { args: 'bot:s', scopes: ['users:read'], perMinute: 50 },
  'users.info': { args: 'user*:s include_locale:b', scopes: ['users:read'], perMinute: 100 },
  'users.lookupByEmail': { args: 'email*:s', scopes: ['users:read.email'], perMinute: 50 },
  'conversations.info': { args: 'channel*:s include_locale:b include_num_members:b', perMinute: 50 },
  'conversations.members': { args: `channel*:s ${paging}`, perMinute: 100 },
  'conversations.open': { args: 'channel:s users:s return_im:b prevent_creation:b', scopes: ['im:write', 'mpim:write'], perMinute: 50 },
  'conversations.history': { args: `channel*:s include_all_metadata:b ${paging} ${timeline}`, perMinute: 50 },
  'conversations.replies': { args: `channel*:s ts*:s include_all_metadata:b ${paging} ${timeline}`, perMinute: 50 },
  'chat.postMessage': {
    args: `channel*:s ${content} thread_ts:s reply_broadcast:b metadata:o unfurl_links:b unfurl_media:b mrkdwn:b parse:s link_names:b username:s icon_emoji:s icon_url:s`,
    scopes: ['chat:write'],
  },
  'chat.postEphemeral': {
    args: `channel*:s user*:s ${content} thread_ts:s parse:s link_names:b username:s icon_emoji:s icon_url:s`,
    scopes: ['chat:write'],
    perMinute: 100,
  },
  'chat.update': {
    args: `channel*:s ts*:s ${content} metadata:o parse:s link_names:b reply_broadcast:b file_ids:j`,
    scopes: ['chat:write'],
    perMinute: 50,
  },
  'chat.delete': { args: 'channel*:s ts*:s', scopes: ['chat:write'], perMinute: 50 },
  'chat.getPermalink': { args: 'channel*:s message_ts*:s' },
  'chat.startStream': {
    args: 'channel*:s thread_ts*:s markdown_text:s chunks:j recipient_user_id:s recipient_team_id:s task_display_mode:s username:s icon_emoji:s icon_url:s',
    scopes: ['chat:write'],
    perMinute: 20,
  },
  'chat.appendStream': { args: 'channel*:s ts*:s markdown_text:s chunks:j', scopes: ['chat:write'], perMinute: 100 },
  'chat.stopStream': {
    args: 'channel*:s ts*:s markdown_text:s chunks:j blocks:j metadata:o session_status:s',
    scopes: ['chat:write'],
    perMinute: 20,
  },
  'assistant.threads.setStatus': {
    args: 'channel_id*:s thread_ts*:s status*:s loading_messages:j username:s icon_emoji:s icon_url:s',
    scopes: ['chat:write', 'assistant:write'],
    perMinute: 600,
  },
  'assistant.threads.setSuggestedPrompts': {
    args: 'channel_id*:s thread_ts:s prompts*:j title:s',
    scopes: ['assistant:write'],
    perMinute: 100,
  },
  'assistant.threads.setTitle': { args: 'channel_id*:s thread_ts*:s title*:s', scopes: ['assistant:write'], perMinute: 100 },
  'agents.sessions.setStatus': {
    args: 'channel_id*:s status*:s thread_ts:s title:s initiator_user_id:s username:s icon_emoji:s icon_url:s',
    scopes: ['chat:write'],
    perMinute: 50,
  },
  'agents.sessions.rename': { args: 'channel_id*:s title*:s thread_ts:s', scopes: ['chat:write'], perMinute: 50 },
  'views.open': { args: 'trigger_id:s interactivity_pointer:s view*:o', perMinute: 100 },
  'views.push': { args: 'trigger_id:s interactivity_pointer:s view*:o', perMinute: 100 },
  'views.update': { args: 'view_id:s external_id:s hash:s view*:o', perMinute: 100 },
  'views.publish': { args: 'user_id*:s hash:s view*:o', perMinute: 100 },
  'reactions.add': { args: 'channel*:s timestamp*:s name*:s', scopes: ['reactions:write'], perMinute: 50 },
  'reactions.remove': { args: 'channel*:s timestamp*:s name*:s', scopes: ['reactions:write'], perMinute: 20 },
  'files.info': { args: `file*:s count:i page:i ${paging}`, scopes: ['files:read'], perMinute: 100 },
};

/**
 * The arguments of a call with their right types, or Slack's refusal. Slack itself lets unknown arguments
 * pass; here they fail the call, so that a typo is caught. `team_id` goes with every call of Bolt's clients.
 */
export function readArguments(method: string, spec: Spec, given: Fields): Fields {
  const args: Fields = {};
  const faults: string[] = [];
  const known = new Map(
    spec.args
      .split(' ')
      .filter(Boolean)
      .map((one) => {
        const [name = '', kind = 's'] = one.split(':');
        return [name.replace('*', ''), { kind, required: name.endsWith('*') }];
      }),
  );
  known.set('team_id', { kind: 's', required: false });
  for (const [name, value] of Object.entries(given)) {
    const rule = known.get(name);
    if (name === 'token' || value === undefined || value === null) continue;
    if (!rule) faults.push(`unknown argument: ${name} [method:${method}]`);
    else args[name] = typedValue(name, rule.kind, value, faults);
  }
  for (const [name, rule] of known) {
    if (!rule.required || (args[name] !== undefined && (args[name] !== '' || name === 'status'))) continue;
    if (name === 'channel' || name === 'channel_id') refuse('channel_not_found');
    faults.push(`missing required field: ${name}`);
  }
  if (faults.length > 0) refuseWith('invalid_arguments', faults);
  return args;
}

function typedValue(name: string, kind: string, value: unknown, faults: string[]): unknown {
  if (kind === 's') {
    if (typeof value === 'string') return value;
    faults.push(`must be a string: ${name}`);
  } else if (kind === 'b') {
    if (typeof value === 'boolean') return value;
    if (['true', '1'].includes(String(value))) return true;
    if (['false', '0'].includes(String(value))) return false;
    faults.push(`must be a boolean: ${name}`);
  } else if (kind === 'i') {
    const number = typeof value === 'string' && value !== '' ? Number(value) : value;
    if (Number.isInteger(number)) return number;
    faults.push(`must be an integer: ${name}`);
  } else {
    const held = typeof value === 'string' ? parsed(value) : value;
    if (kind === 'j' ? Array.isArray(held) : isObject(held)) return held;
    if (name === 'blocks') refuse('invalid_blocks_format');
    if (name === 'chunks') refuse('invalid_chunks');
    if (name === 'metadata') refuse('invalid_metadata_format');
    faults.push(`must provide ${kind === 'j' ? 'an array' : 'an object'}: ${name}`);
  }
  return undefined;
}

function parsed(value: string): unknown {
  try {
    return JSON.parse(value);
  } catch {
    return undefined;
  }
}
