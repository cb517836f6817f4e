/** botbuilder's client of Teams' connector, so that what is given goes out, once. */
import { CloudAdapter, ConfigurationBotFrameworkAuthentication } from 'botbuilder';
import type { ConnectorClient, ServiceClientCredentialsFactory } from 'botframework-connector';
import connectorClient from 'botframework-connector/lib/connectorApi/connectorClient.js';

/** What is used of it. */
export type Conversations = ConnectorClient['conversations'];

// botframework-connector 4.23.3 writes of an entity what its mapper lists: `type`, `text` and `mentioned`. Citations, the AI
// label and streams are the rest.
connectorClient.ConnectorMappers.Entity.type.additionalProperties = { type: { name: 'Object' } };

/** The client's own policies that are ours: what is sent twice, and where, is decided in connector.ts. */
const OURS = ['defaultRetryPolicy', 'redirectPolicy'];

/**
 * Runs `call` with a client for the connector at `serviceUrl`, through `CloudAdapter.continueConversationAsync`.
 * @param factory signs the requests
 */
export function connectorClients(
  appId: string,
  factory: ServiceClientCredentialsFactory,
): <T>(serviceUrl: string, conversation: string, call: (conversations: Conversations) => Promise<T>) => Promise<T> {
  const adapter = new CloudAdapter(new ConfigurationBotFrameworkAuthentication({}, factory));
  return async (serviceUrl, conversation, call) => {
    let outcome: { value: Awaited<ReturnType<typeof call>> } | undefined;
    const reference = { channelId: 'msteams', serviceUrl, conversation: { id: conversation } };
    await adapter.continueConversationAsync(appId, reference as never, async (context) => {
      const client = context.turnState.get<ConnectorClient>(adapter.ConnectorClientKey);
      const { pipeline } = (client as unknown as { client: { pipeline: { removePolicy(of: { name: string }): unknown } } }).client;
      for (const name of OURS) pipeline.removePolicy({ name });
      outcome = { value: await call(client.conversations) };
    });
    return outcome!.value;
  };
}
