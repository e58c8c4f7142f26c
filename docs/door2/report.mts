// Report an issue through Temporal and read it back: `npx tsx report.ts xinghe my-001`.
// Needs @temporalio/client 1.11 or later (npm install @temporalio/client tsx).
import { Client, Connection, WithStartWorkflowOperation } from '@temporalio/client';

/** Send one submission; again under the same id is the same act. Refused: `error.cause.type`. */
export async function report(client: Client, submission: any, taskQueue = 'closeout') {
  const { zone, key, id } = submission;
  const startWorkflowOperation = new WithStartWorkflowOperation('IssueWorkflow', {
    args: [{ zone, key }],
    workflowId: `issue/${zone}/${key}`,
    taskQueue,
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  return client.workflow.executeUpdateWithStart('carry_out', {
    args: [submission],
    updateId: id,
    startWorkflowOperation,
  });
}

async function main(zone: string, key: string) {
  const address = process.env.TEMPORAL_ADDRESS ?? 'localhost:7233';
  const namespace = process.env.TEMPORAL_NAMESPACE ?? 'default';
  const client = new Client({ connection: await Connection.connect({ address }), namespace });
  const submission = {
    id: `hotline:${key}`,
    zone,
    key,
    actor: { kind: 'service', name: 'hotline' },
    command: {
      kind: 'report',
      enterprise: 'xinghe-optics',
      category: 'UTL-1',
      title: 'The power fails every evening',
      text: 'Since Monday, from six to seven.',
      origin: 'service',
    },
  };
  console.log(await report(client, submission));
  console.log(await client.workflow.getHandle(`issue/${zone}/${key}`).query('issue'));
  await client.connection.close();
}

main(process.argv[2], process.argv[3]).catch((error) => {
  console.error(error.cause?.type ?? error, error.cause?.message ?? '');
  process.exit(1);
});
