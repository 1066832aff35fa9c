#!/usr/bin/env bash
# What people do with the command, with all it prints: the same digits wherever it is installed and whatever the machine.
# usage: use.sh COMMAND FOLDER
set -euo pipefail
command=$1 && rm -rf "$2" && mkdir -p "$2" && cd "$2"
say() { printf '\n$ scheduled %s\n' "$*"; "$command" "$@"; }
for rate in 4 8; do  # two runs to fit a law to, of whole numbers and divisions alone
  awk -v rate="$rate" 'BEGIN { print "step,lr,val_loss"
    for (t = 50; t <= 2000; t += 50) { lr = rate * 1e-4 * (t > 1600 ? (2000 - t) / 400 : 1)
      printf "%d,%.9g,%.9g\n", t, lr, 2.5 + 40 / (t + 100 / rate) + 60 * lr } }' > "run$rate.csv"
done
say --version
say show 'wsd(steps=50k, cooldown=20%, peak=1e-3)' --at 0,40000,45000,49999 --json
say bound 'cosine(steps=1k)'
say tune 'wsd(steps=50k)' --json
say compare wsd cosine linear 1-sqrt --steps 50k
say extend 'wsd(steps=1k, cooldown=20%)' --at 800 --to 2k
say optimize --steps 200
say worst-case 'linear(steps=20)' --json
say log run4.csv
say bound --log run4.csv
say lint run8.csv || [[ $? -eq 1 ]]
say fit run4.csv run8.csv --law momentum --save law.json
say predict law.json 'wsd(steps=3k, cooldown=20%, peak=6e-4)'
say run plan --trunk 'rsqrt(warmup=300, peak=1e-3)' --results 10k,20k --json
say run init run --trunk 'rsqrt(warmup=10, peak=1e-2)'
say run log run --step 20 train_loss=3.5
echo weights > weights
say run commit run --step 20 weights
say run lr run --step 20 --count 3 --json
say run status run
say run verify run
say import -- --lr 3e-4 --min-lr 3e-5 --train-iters 10000 --lr-warmup-iters 500 --lr-decay-style WSD --lr-wsd-decay-iters 2000
say schema run lr
