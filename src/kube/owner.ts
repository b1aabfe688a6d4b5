import type {Stored} from './schema.ts';

/** An object by what owner references say of it. */
export type ObjectRef = {readonly apiVersion: string; readonly kind: string; readonly namespace: string; readonly name: string; readonly uid: string};

type OwnerReference = Stored['metadata']['ownerReferences'][number];

/** The owner that controls the object; there is at most one. Source: apimachinery v0.37.2, pkg/apis/meta/v1/controller_ref.go, GetControllerOf. */
export function controllerOf(object: Stored): ObjectRef | undefined {
	const owner: OwnerReference | undefined = object.metadata.ownerReferences.find(each => each.controller === true);
	if (owner === undefined) return undefined;
	// An owner lives in the namespace of what it owns, or in none.
	return {apiVersion: owner.apiVersion, kind: owner.kind, namespace: object.metadata.namespace, name: owner.name, uid: owner.uid};
}
