import {mkdirSync} from 'node:fs';
import path from 'node:path';
import {DatabaseSync} from 'node:sqlite';
import {setTimeout as delay} from 'node:timers/promises';

const RETRY_MS = 100;

/**
 * Runs `work` while no other process (or other call in this one) holds the same lock.
 *
 * The lock is SQLite's exclusive lock on `file`: the kernel drops it with the process that holds it,
 * however that dies, so there is no such thing as a stale lock. The file itself stays and means nothing.
 *
 * @param onWait Called once, when somebody else has it.
 */
export async function withLock<T>(file: string, work: () => Promise<T>, onWait: () => void = () => {}): Promise<T> {
	mkdirSync(path.dirname(file), {recursive: true});
	const database = new DatabaseSync(file, {timeout: 0});
	try {
		for (let attempt = 0; !tryLock(database); attempt++) {
			if (attempt === 0) onWait();
			await delay(RETRY_MS);
		}
		return await work();
	} finally {
		database.close();
	}
}

/** SQLITE_BUSY of sqlite3.h. */
const SQLITE_BUSY = 5;

function tryLock(database: DatabaseSync): boolean {
	try {
		database.exec('BEGIN EXCLUSIVE');
		return true;
	} catch (error) {
		if (error instanceof Error && 'errcode' in error && error.errcode === SQLITE_BUSY) return false;
		throw error;
	}
}
