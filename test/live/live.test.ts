import {afterAll, beforeAll} from 'vitest';
import {describeWithCluster} from '../cluster/requirement.ts';
import {encodings} from './encodings.ts';
import {type FirstMinute, firstMinute, openForAMinute} from './first-minute.ts';
import {link} from './link.ts';
import {type LiveCluster, upLiveCluster} from './live-cluster.ts';
import {login} from './login.ts';
import {metrics} from './metrics.ts';
import {restart} from './restart.ts';
import {rights} from './rights.ts';
import {top} from './top.ts';
import {twoClusters} from './two-clusters.ts';
import {variants} from './variants.ts';

/** One cluster for all of it, since starting one costs more than most of these tests. */
describeWithCluster('kwb on a real control plane', () => {
	let cluster: LiveCluster;
	let minute: FirstMinute;

	beforeAll(async () => {
		cluster = await upLiveCluster('live-main', {scenario: 'smoke'});
		minute = openForAMinute(cluster);
	});
	afterAll(async () => {
		await minute?.session.close();
		await cluster?.down();
	});

	encodings(() => cluster);
	link(() => cluster);
	rights(() => cluster);
	login(() => cluster);
	twoClusters(() => cluster);
	top(() => cluster);
	firstMinute(
		() => cluster,
		() => minute,
	);
	// From here on processes of the cluster are stopped.
	metrics(() => cluster);
	restart(() => cluster);
	variants(() => cluster);
});
