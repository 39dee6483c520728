/** When a look at the connection is worth it: what each platform tells of its network, and of the app being back. */

import type { Wakeups } from "./ports.js";

/** What is used of a window, of its document, or of a worker. */
interface Page {
  addEventListener(name: string, listener: () => void): void;
  removeEventListener(name: string, listener: () => void): void;
}
export interface Browser extends Page {
  document?: (Page & { visibilityState: string }) | undefined;
}

/** A browser's: the network is back, the tab is shown again, the page comes out of the cache of pages. */
export function browserWakeups(browser: Browser): Wakeups {
  return (onWakeup) => {
    const { document } = browser;
    const onShown = () => {
      if (document?.visibilityState === "visible") onWakeup();
    };
    const heard: [Page | undefined, string, () => void][] = [
      [browser, "online", onWakeup],
      [browser, "pageshow", onWakeup],
      [document, "visibilitychange", onShown],
    ];
    for (const [page, name, listener] of heard) page?.addEventListener(name, listener);
    return () => {
      for (const [page, name, listener] of heard) page?.removeEventListener(name, listener);
    };
  };
}

/** What is used of uni-app's `uni`. Not every platform of it has all four. */
export interface UniLifecycle {
  onAppShow?(callback: () => void): void;
  offAppShow?(callback: () => void): void;
  onNetworkStatusChange?(callback: (status: { isConnected: boolean }) => void): void;
  offNetworkStatusChange?(callback: (status: { isConnected: boolean }) => void): void;
}

/** Those of uni-app: the app is shown again, the network is back or another one. */
export function uniWakeups(uni: UniLifecycle): Wakeups {
  return (onWakeup) => {
    const onShow = () => onWakeup();
    const onNetwork = ({ isConnected }: { isConnected: boolean }) => {
      if (isConnected) onWakeup();
    };
    uni.onAppShow?.(onShow);
    uni.onNetworkStatusChange?.(onNetwork);
    return () => {
      uni.offAppShow?.(onShow);
      uni.offNetworkStatusChange?.(onNetwork);
    };
  };
}

/** What is used of React Native's `AppState`. */
export interface AppStateLike {
  addEventListener(name: "change", listener: (state: string) => void): { remove(): void };
}
/** What is used of `@react-native-community/netinfo`. */
export interface NetInfoLike {
  addEventListener(listener: (state: { isConnected: boolean | null }) => void): () => void;
}

/** Those of React Native: the app is in the foreground again; with `NetInfo` also that the network is back or another. */
export function reactNativeWakeups(appState: AppStateLike, netInfo?: NetInfoLike): Wakeups {
  return (onWakeup) => {
    const subscription = appState.addEventListener("change", (state) => {
      if (state === "active") onWakeup();
    });
    const unsubscribe = netInfo?.addEventListener(({ isConnected }) => {
      if (isConnected) onWakeup();
    });
    return () => {
      subscription.remove();
      unsubscribe?.();
    };
  };
}
