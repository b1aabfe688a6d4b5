import {Component, type ReactNode} from 'react';

type Props = {
	/** Called once with what a component below threw. */
	readonly onError: (error: Error) => void;
	readonly children: ReactNode;
};

/** Draws nothing more once something below has thrown. React still asks for a class here. */
export class ErrorBoundary extends Component<Props, {readonly hasFailed: boolean}> {
	override state = {hasFailed: false};

	static getDerivedStateFromError(): {readonly hasFailed: boolean} {
		return {hasFailed: true};
	}

	override componentDidCatch(error: unknown): void {
		this.props.onError(error instanceof Error ? error : new Error(String(error)));
	}

	override render(): ReactNode {
		return this.state.hasFailed ? null : this.props.children;
	}
}
