// Report an issue through Temporal: `npx tsx report.mts report.json`. Needs @temporalio/client 1.11.
import { readFileSync } from 'node:fs';
import { Client, Connection, WithStartWorkflowOperation } from '@temporalio/client';

/** Send one submission; again under the same id is the same act. Refused: `error.cause.type`. */
export async function report(client: Client, sent: any, taskQueue = 'closeout') {
  const { zone, key } = sent;
  const startWorkflowOperation = new WithStartWorkflowOperation('IssueWorkflow', {
    args: [{ zone, key }],
    workflowId: `issue/${zone}/${key}`,
    taskQueue,
    workflowIdConflictPolicy: 'USE_EXISTING',
  });
  const update = { args: [sent] as [any], updateId: sent.id, startWorkflowOperation };
  return client.workflow.executeUpdateWithStart('carry_out', update);
}

const [file, address = 'localhost:7233'] = process.argv.slice(2);
const connection = await Connection.connect({ address });
console.log(await report(new Client({ connection }), JSON.parse(readFileSync(file, 'utf-8'))));
await connection.close();
