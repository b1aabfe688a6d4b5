import type {ObjectOf, Stored} from '../schema.ts';
import {int, messages, string, time, word, wordMap, words} from '../schema.ts';

// Field numbers of this folder: k8s.io/api and k8s.io/apimachinery v0.37.2, */generated.proto.

/** metav1.LabelSelector. */
export const LABEL_SELECTOR = {
	matchLabels: wordMap(1),
	matchExpressions: messages(2, {key: word(1), operator: word(2), values: words(3)}),
} as const;

export type LabelSelector = ObjectOf<typeof LABEL_SELECTOR>;

/** metav1.Condition. */
export const CONDITION = {
	type: word(1),
	status: word(2),
	observedGeneration: int(3),
	lastTransitionTime: time(4),
	reason: word(5),
	message: string(6),
} as const;

/** What the conditions of all resources have in common. */
export type Condition = {
	readonly type: string;
	readonly status: string;
	readonly lastTransitionTime: ObjectOf<typeof CONDITION>['lastTransitionTime'];
	readonly reason: string;
	readonly message: string;
};

/** core/v1 ObjectReference. */
export const OBJECT_REFERENCE = {kind: word(1), namespace: word(2), name: string(3), uid: string(4), apiVersion: word(5), fieldPath: word(7)} as const;

export type ObjectReference = ObjectOf<typeof OBJECT_REFERENCE>;

/** uid of the controller that owns the object; undefined when none does. */
export function controllerUidOf(object: Stored): string | undefined {
	return object.metadata.ownerReferences.find(owner => owner.controller === true)?.uid;
}

/** The namespace of an object, for indexes. */
export function namespaceOf(object: Stored): string {
	return object.metadata.namespace;
}
