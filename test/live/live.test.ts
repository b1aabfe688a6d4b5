import {afterAll, beforeAll} from 'vitest';
import {describeWithCluster} from '../cluster/requirement.ts';
import {encodings} from './encodings.ts';
import {link} from './link.ts';
import {type LiveCluster, upLiveCluster} from './live-cluster.ts';
import {restart} from './restart.ts';
import {rights} from './rights.ts';
import {variants} from './variants.ts';

/** One cluster for all of it, since starting one costs more than most of these tests. */
describeWithCluster('kwb on a real control plane', () => {
	let cluster: LiveCluster;

	beforeAll(async () => {
		cluster = await upLiveCluster('live-main', {scenario: 'smoke'});
	});
	afterAll(async () => {
		await cluster?.down();
	});

	encodings(() => cluster);
	link(() => cluster);
	rights(() => cluster);
	restart(() => cluster);
	variants(() => cluster);
});
