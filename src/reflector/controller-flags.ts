import {CONTROLLER_FLAGS, keptFlags, type NotedFlags} from '../observe/hpa-controller.ts';
import {isJsonObject, parseJson} from '../wire/json-text.ts';
import type {ReflectorContext} from './reflector-context.ts';
import {shortRequest} from './short-request.ts';

/**
 * Reads the HPA flags and the gates from the controller-manager's pod, where there is one (kubeadm, kind, minikube), and
 * tells them as a fact. Nothing else of the pod is kept. Where it cannot be read nothing is told.
 */
export async function readControllerFlags(context: ReflectorContext, signal: AbortSignal): Promise<void> {
	const answer = await shortRequest(
		context,
		{
			path: '/api/v1/namespaces/kube-system/pods',
			query: {labelSelector: 'component=kube-controller-manager', limit: '1'},
			accept: 'application/json',
			counted: {verb: 'list', resource: 'pods'},
		},
		signal,
	);
	if (!answer.ok) return;
	const words = commandOf(answer.value.text);
	if (words !== undefined) noteFlags(context, {source: 'observed', words: keptFlags(words)});
}

/** Tells the flags as a fact. */
export function noteFlags({observe}: Pick<ReflectorContext, 'observe'>, flags: NotedFlags): void {
	observe({kind: 'fact', fact: {name: 'note', topic: CONTROLLER_FLAGS, value: JSON.stringify(flags)}});
}

/** Command and arguments of the first container of the first pod; undefined where there is no pod. */
function commandOf(text: string): readonly string[] | undefined {
	const parsed = parseJson(text);
	const [pod] = parsed.ok && isJsonObject(parsed.value) && Array.isArray(parsed.value.items) ? parsed.value.items : [];
	const spec = isJsonObject(pod) ? pod.spec : undefined;
	const [container] = isJsonObject(spec) && Array.isArray(spec.containers) ? spec.containers : [];
	if (!isJsonObject(container)) return undefined;
	return [container.command, container.args].flatMap(list => (Array.isArray(list) ? list.filter(word => typeof word === 'string') : []));
}
