import type {Node} from '../../kube/resources/nodes.ts';

const ROLE_PREFIX = 'node-role.kubernetes.io/';
const ROLE_LABEL = 'kubernetes.io/role';

/** STATUS and ROLES of a node. Source: k8s.io/kubernetes v1.37.2, pkg/printers/internalversion/printers.go, printNode and findNodeRoles. */
export function nodeStatus(node: Node): {readonly status: string; readonly roles: readonly string[]} {
	// The last condition of the type counts: printNode keeps them in a map.
	const ready = node.status.conditions.findLast(condition => condition.type === 'Ready');
	const words = [ready === undefined ? 'Unknown' : ready.status === 'True' ? 'Ready' : 'NotReady'];
	if (node.spec.unschedulable) words.push('SchedulingDisabled');

	const roles = new Set<string>();
	for (const [key, value] of node.metadata.labels) {
		if (key.startsWith(ROLE_PREFIX)) {
			if (key.length > ROLE_PREFIX.length) roles.add(key.slice(ROLE_PREFIX.length));
		} else if (key === ROLE_LABEL && value !== '') roles.add(value);
	}
	return {status: words.join(','), roles: [...roles].sort()};
}

/** Conditions that are not as they should be: Ready that is not True, pressure and the like that are not False. */
export function troublesOf(node: Node): ReadonlyArray<Node['status']['conditions'][number]> {
	return node.status.conditions.filter(({type, status}) => (type === 'Ready' ? status !== 'True' : status === 'True'));
}
