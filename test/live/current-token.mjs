// A credential plugin that gives the token that stands in the file TOKEN now, and notes each run in the file RUNS.
import {appendFileSync, readFileSync} from 'node:fs';

const {KUBERNETES_EXEC_INFO, TOKEN, RUNS} = process.env;
appendFileSync(RUNS, 'run\n');
const status = {token: readFileSync(TOKEN, 'utf8')};
process.stdout.write(JSON.stringify({apiVersion: JSON.parse(KUBERNETES_EXEC_INFO).apiVersion, kind: 'ExecCredential', status}));
