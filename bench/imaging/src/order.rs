//! Who is next: in every turn another one begins, so that what drifts on the machine meets all alike.

/// The order of `count` peers on their turn number `turn`: every turn begins with another, every second runs backwards.
pub fn order(count: usize, turn: usize) -> Vec<usize> {
    let mut places: Vec<usize> = (0..count).collect();
    places.rotate_left(turn % count.max(1));
    if turn % 2 == 1 {
        places.reverse();
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_order_begins_with_another_and_runs_both_ways() {
        let orders: Vec<_> = (0..4).map(|turn| order(3, turn)).collect();
        assert_eq!(orders, [vec![0, 1, 2], vec![0, 2, 1], vec![2, 0, 1], vec![2, 1, 0]]);
        assert_eq!(order(0, 5), Vec::<usize>::new());
    }
}
