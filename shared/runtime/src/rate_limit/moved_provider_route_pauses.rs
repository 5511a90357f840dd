//! Routes that a provider has moved, and when each is tried again.

use serde::{Deserialize, Serialize};

use crate::lenient;

/// First pause of a moved route: a deployment of the provider may have caused it.
const FIRST_PAUSE_MS: u64 = 60_000;
/// The longest pause; it doubles up to this while the route stays gone.
const MAX_PAUSE_MS: u64 = 3_600_000;

#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovedProviderRoutePauses(
    #[serde(deserialize_with = "lenient::readable_rows")] Vec<MovedRoute>,
);

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct MovedRoute {
    route: String,
    pause_ms: u64,
    next_at_ms: u64,
    /// A probe is in flight: its result counts.
    probing: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ProviderRouteAvailability {
    Open,
    /// The route had moved; this call checks whether it still is.
    Probe,
    Closed,
}

impl MovedProviderRoutePauses {
    /// Asks for access to a route: one probe a pause.
    pub fn admit_provider_route_call(
        &mut self,
        route: &str,
        now_ms: u64,
    ) -> ProviderRouteAvailability {
        let Some(moved) = self.0.iter_mut().find(|moved| moved.route == route) else {
            return ProviderRouteAvailability::Open;
        };
        if now_ms < moved.next_at_ms {
            return ProviderRouteAvailability::Closed;
        }
        moved.next_at_ms = now_ms.saturating_add(moved.pause_ms);
        moved.probing = true;
        ProviderRouteAvailability::Probe
    }

    pub fn mark_moved(&mut self, route: &str, now_ms: u64) {
        let Some(moved) = self.0.iter_mut().find(|moved| moved.route == route) else {
            self.0.push(MovedRoute {
                route: route.to_owned(),
                pause_ms: FIRST_PAUSE_MS,
                next_at_ms: now_ms.saturating_add(FIRST_PAUSE_MS),
                probing: false,
            });
            return;
        };
        // Only a probe lengthens the pause, not calls that ran at the same time as the first one.
        if std::mem::take(&mut moved.probing) {
            moved.pause_ms = moved.pause_ms.saturating_mul(2).min(MAX_PAUSE_MS);
            moved.next_at_ms = now_ms.saturating_add(moved.pause_ms);
        }
    }

    /// The route answered. True if it counted as moved.
    pub fn mark_answered(&mut self, route: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|moved| moved.route != route);
        self.0.len() != before
    }

    pub fn route_names(&self) -> Vec<String> {
        self.0.iter().map(|moved| moved.route.clone()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moved_route_is_probed_once_a_pause() {
        let mut routes = MovedProviderRoutePauses::default();
        assert_eq!(routes.admit_provider_route_call("/a", 0), ProviderRouteAvailability::Open);
        routes.mark_moved("/a", 0);
        routes.mark_moved("/a", 5); // in flight together with the first call
        assert_eq!(
            routes.admit_provider_route_call("/a", 59_999),
            ProviderRouteAvailability::Closed
        );
        assert_eq!(routes.admit_provider_route_call("/b", 0), ProviderRouteAvailability::Open);
        assert_eq!(
            routes.admit_provider_route_call("/a", 60_000),
            ProviderRouteAvailability::Probe
        );
        assert_eq!(
            routes.admit_provider_route_call("/a", 60_001),
            ProviderRouteAvailability::Closed
        );
        routes.mark_moved("/a", 60_100);
        assert_eq!(
            routes.admit_provider_route_call("/a", 180_099),
            ProviderRouteAvailability::Closed
        );
        assert_eq!(
            routes.admit_provider_route_call("/a", 180_100),
            ProviderRouteAvailability::Probe
        );
        assert_eq!(routes.route_names(), ["/a"]);
        assert!(routes.mark_answered("/a") && !routes.mark_answered("/a"));
        assert_eq!(
            routes.admit_provider_route_call("/a", 180_101),
            ProviderRouteAvailability::Open
        );
    }

    #[test]
    fn the_pause_grows_to_an_hour() {
        let mut routes = MovedProviderRoutePauses::default();
        let mut now_ms = 0;
        routes.mark_moved("/a", now_ms);
        for _ in 0..20 {
            now_ms += MAX_PAUSE_MS;
            assert_eq!(
                routes.admit_provider_route_call("/a", now_ms),
                ProviderRouteAvailability::Probe
            );
            routes.mark_moved("/a", now_ms);
        }
        assert_eq!(
            routes.admit_provider_route_call("/a", now_ms + MAX_PAUSE_MS - 1),
            ProviderRouteAvailability::Closed
        );
        assert_eq!(
            routes.admit_provider_route_call("/a", now_ms + MAX_PAUSE_MS),
            ProviderRouteAvailability::Probe
        );
    }
}
