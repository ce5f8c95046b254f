// Averages the newest values.
#pragma once

#include <array>
#include <cstddef>

#include "air/common/expiring_value.h"

namespace air {

// The mean of the newest N values; kMissing before the first.
template <std::size_t N>
class MovingAverage {
 public:
  void add(float value) {
    values_[next_] = value;
    next_ = (next_ + 1) % N;
    if (count_ < N) ++count_;
  }

  void clear() { count_ = next_ = 0; }

  std::size_t count() const { return count_; }

  // Returns how far the values have drifted: the difference between the largest and the smallest mean of
  // successive runs of `length` values, as a share of the whole mean. Noise hardly shows in these means.
  // The oldest values are left out if they fill no run. kMissing before the first full run.
  float drift(std::size_t length) const {
    float low = kMissing;
    float high = kMissing;
    for (std::size_t run = 0; (run + 1) * length <= count_; ++run) {
      double sum = 0;
      for (std::size_t index = run * length; index < (run + 1) * length; ++index) {
        sum += static_cast<double>(values_[(next_ + N - 1 - index) % N]);
      }
      const auto mean = static_cast<float>(sum / static_cast<double>(length));
      if (!(low <= mean)) low = mean;
      if (!(high >= mean)) high = mean;
    }
    return (high - low) / value();
  }

  float value() const {
    if (count_ == 0) return kMissing;
    double sum = 0;  // a running sum would drift over the years
    for (std::size_t index = 0; index < count_; ++index) sum += values_[index];
    return static_cast<float>(sum / static_cast<double>(count_));
  }

 private:
  std::array<float, N> values_{};
  std::size_t next_ = 0;
  std::size_t count_ = 0;
};

}  // namespace air
