import {writeSync} from 'node:fs';
import {resourceById} from '../../src/kube/registry.ts';
import {createStream} from '../../src/observe/create-stream.ts';
import {createRecorder} from '../../src/record/recorder.ts';
import {realClock} from '../../src/workbench/real-clock.ts';
import {HEADER} from './rig.ts';
import {syntheticCluster} from './synthetic.ts';

// A process that records until it is killed, and says after each observation when it was made.

const [path, seed] = process.argv.slice(2);
const stream = createStream({clock: realClock, resourceOf: resourceById});
const cluster = syntheticCluster(200, Number(seed));
for (const body of cluster.first(realClock.now())) stream.observe(body);
const recorder = createRecorder({stream, clock: realClock, header: HEADER, ring: undefined, keyframes: {atEarliestMs: 300, observations: 60}});
const opened = await recorder.saveTo(path!);
if (!opened.ok) throw new Error(opened.error.message);
await recorder.flush();
stream.subscribe(({order, at}) => writeSync(1, `${order} ${at}\n`));
setInterval(() => stream.observe(cluster.change(realClock.now())), 4);
