import {useSyncExternalStore} from 'react';
import type {WorkbenchHandle} from '../../src/workbench/handle.ts';
import type {ScreenModel} from '../../src/viewmodel/screen.ts';

/** The screen as the workbench published it last. */
export function useScreen({subscribe, getScreen}: Pick<WorkbenchHandle, 'subscribe' | 'getScreen'>): ScreenModel {
	return useSyncExternalStore(subscribe, getScreen, getScreen);
}
