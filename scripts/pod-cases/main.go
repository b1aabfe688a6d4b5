// Writes random pods and what Kubernetes makes of them, for test/analyze/top/pod-cases.test.ts:
//
//	go run . -seed 20261124 -n 3000 -out ../../test/vectors/pod-cases.jsonl.gz
//
// One case a line: {"pod": …, "requests": …, "limits": …, "cells": [READY, STATUS, RESTARTS]}. Requests and limits are
// those of the scheduler (component-helpers, resource/helpers.go, status and pod-level resizes in view) in nano-units;
// the cells are those that the API server prints (pkg/printers/internalversion). The same seed gives the same file.
package main

import (
	"bufio"
	"compress/gzip"
	"encoding/json"
	"flag"
	"fmt"
	"log"
	"math/big"
	"math/rand"
	"os"
	"time"

	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	helpers "k8s.io/component-helpers/resource"
	"k8s.io/kubernetes/pkg/apis/core"
	corev1 "k8s.io/kubernetes/pkg/apis/core/v1"
	"k8s.io/kubernetes/pkg/printers"
	"k8s.io/kubernetes/pkg/printers/internalversion"
)

var start = time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC)

type random struct{ *rand.Rand }

func (r random) chance(percent int) bool { return r.Intn(100) < percent }

func pick[T any](r random, from ...T) T { return from[r.Intn(len(from))] }

func (r random) list(percent int) v1.ResourceList {
	list := v1.ResourceList{}
	if r.chance(percent) {
		list[v1.ResourceCPU] = resource.MustParse(pick(r, "100m", "250m", "1", "1500m", "2", "0", "33333u", "0.1"))
	}
	if r.chance(percent) {
		list[v1.ResourceMemory] = resource.MustParse(pick(r, "64Mi", "128Mi", "1Gi", "1.5Gi", "100M", "0", "123456Ki"))
	}
	if r.chance(percent / 4) {
		list[pick(r, v1.ResourceName("ephemeral-storage"), "hugepages-2Mi", "example.com/gpu")] = resource.MustParse(pick(r, "1", "2", "4Mi"))
	}
	if len(list) == 0 {
		return nil
	}
	return list
}

func (r random) requirements(percent int) v1.ResourceRequirements {
	return v1.ResourceRequirements{Requests: r.list(percent), Limits: r.list(percent * 2 / 3)}
}

func (r random) time() metav1.Time {
	return metav1.NewTime(start.Add(-time.Duration(r.Intn(100000)) * time.Second))
}

func (r random) terminated() *v1.ContainerStateTerminated {
	return &v1.ContainerStateTerminated{
		ExitCode:   pick[int32](r, 0, 0, 1, 137),
		Signal:     pick[int32](r, 0, 0, 9),
		Reason:     pick(r, "", "Completed", "Error", "OOMKilled"),
		FinishedAt: pick(r, r.time(), r.time(), metav1.Time{}),
	}
}

func (r random) state() (state v1.ContainerState) {
	switch r.Intn(7) {
	case 0, 1, 2:
		state.Running = &v1.ContainerStateRunning{StartedAt: r.time()}
	case 3, 4:
		state.Terminated = r.terminated()
	case 5:
		state.Waiting = &v1.ContainerStateWaiting{Reason: pick(r, "", "PodInitializing", "ContainerCreating", "CrashLoopBackOff", "ImagePullBackOff")}
	}
	return
}

func (r random) containers(prefix string, n int, init bool) (containers []v1.Container, statuses []v1.ContainerStatus) {
	for i := range n {
		c := v1.Container{Name: fmt.Sprintf("%s-%d", prefix, i), Resources: r.requirements(60)}
		if init && r.chance(40) {
			always := v1.ContainerRestartPolicyAlways
			c.RestartPolicy = &always
		}
		containers = append(containers, c)
		if r.chance(10) {
			continue
		}
		s := v1.ContainerStatus{Name: c.Name, State: r.state(), Ready: r.chance(60), RestartCount: pick[int32](r, 0, 0, 1, 7)}
		if r.chance(60) {
			started := r.chance(70)
			s.Started = &started
		}
		if s.RestartCount > 0 && r.chance(80) {
			s.LastTerminationState.Terminated = r.terminated()
		}
		switch r.Intn(4) {
		case 0: // as a kubelet without resizes leaves it
		case 1: // as it is when nothing is being resized
			s.AllocatedResources = c.Resources.Requests
			resources := c.Resources
			s.Resources = &resources
		case 2:
			s.AllocatedResources = r.list(60)
		case 3:
			s.AllocatedResources = r.list(60)
			resources := r.requirements(60)
			s.Resources = &resources
		}
		statuses = append(statuses, s)
	}
	return
}

func (r random) pod() *v1.Pod {
	p := &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: "p", Namespace: "n", CreationTimestamp: r.time()}}
	p.Spec.Containers, p.Status.ContainerStatuses = r.containers("c", 1+r.Intn(3), false)
	if r.chance(50) {
		p.Spec.InitContainers, p.Status.InitContainerStatuses = r.containers("i", 1+r.Intn(4), true)
	}
	if r.chance(20) {
		resources := r.requirements(60)
		p.Spec.Resources = &resources
		if r.chance(50) {
			status := r.requirements(60)
			p.Status.Resources = &status
			p.Status.AllocatedResources = r.list(60)
		}
	}
	if r.chance(15) {
		p.Spec.Overhead = r.list(80)
	}
	p.Status.Phase = pick(r, v1.PodRunning, v1.PodRunning, v1.PodRunning, v1.PodPending, v1.PodSucceeded, v1.PodFailed, v1.PodUnknown)
	if r.chance(10) {
		p.Status.Reason = pick(r, "Evicted", "NodeLost", "NodeAffinity")
	}
	if r.chance(15) {
		at := r.time()
		p.DeletionTimestamp = &at
	}
	for _, condition := range []v1.PodConditionType{v1.PodReady, v1.PodInitialized, v1.PodScheduled, v1.PodResizePending} {
		if condition == v1.PodResizePending && !r.chance(15) || !r.chance(70) {
			continue
		}
		c := v1.PodCondition{Type: condition, Status: pick(r, v1.ConditionTrue, v1.ConditionTrue, v1.ConditionFalse)}
		switch condition {
		case v1.PodScheduled:
			c.Reason = pick(r, "", "", "Unschedulable", v1.PodReasonSchedulingGated)
		case v1.PodResizePending:
			c.Reason = pick(r, v1.PodReasonInfeasible, v1.PodReasonDeferred)
		}
		p.Status.Conditions = append(p.Status.Conditions, c)
	}
	return p
}

// Exact billionths by name.
func nano(list v1.ResourceList) map[string]string {
	amounts := map[string]string{}
	for name, q := range list {
		dec := q.AsDec()
		n := new(big.Int).Set(dec.UnscaledBig())
		n.Mul(n, new(big.Int).Exp(big.NewInt(10), big.NewInt(9-int64(dec.Scale())), nil))
		amounts[string(name)] = n.String()
	}
	return amounts
}

func main() {
	seed := flag.Int64("seed", 20261124, "of the random numbers")
	n := flag.Int("n", 3000, "how many cases")
	out := flag.String("out", "pod-cases.jsonl.gz", "where to")
	flag.Parse()

	file, err := os.Create(*out)
	if err != nil {
		log.Fatal(err)
	}
	zipped, _ := gzip.NewWriterLevel(file, gzip.BestCompression)
	w := bufio.NewWriter(zipped)

	generator := printers.NewTableGenerator()
	internalversion.AddHandlers(generator)
	options := helpers.PodResourcesOptions{UseStatusResources: true, InPlacePodLevelResourcesVerticalScalingEnabled: true}
	r := random{rand.New(rand.NewSource(*seed))}
	for range *n {
		pod := r.pod()
		text, err := json.Marshal(pod)
		if err != nil {
			log.Fatal(err)
		}
		// What we are given has been through JSON: empty lists are absent there.
		var seen v1.Pod
		if err := json.Unmarshal(text, &seen); err != nil {
			log.Fatal(err)
		}
		var internal core.Pod
		if err := corev1.Convert_v1_Pod_To_core_Pod(seen.DeepCopy(), &internal, nil); err != nil {
			log.Fatal(err)
		}
		table, err := generator.GenerateTable(&internal, printers.GenerateOptions{})
		if err != nil {
			log.Fatal(err)
		}
		restarts, last := 0, ""
		fmt.Sscanf(fmt.Sprint(table.Rows[0].Cells[3]), "%d (%s ago)", &restarts, &last)
		line, err := json.Marshal(map[string]any{
			"pod":      json.RawMessage(text),
			"requests": nano(helpers.PodRequests(&seen, options)),
			"limits":   nano(helpers.PodLimits(&seen, options)),
			// Ages depend on when this runs: only whether there is one is kept.
			"cells": []any{table.Rows[0].Cells[1], table.Rows[0].Cells[2], restarts, last != ""},
		})
		if err != nil {
			log.Fatal(err)
		}
		w.Write(line)
		w.WriteByte('\n')
	}
	for _, close := range []func() error{w.Flush, zipped.Close, file.Close} {
		if err := close(); err != nil {
			log.Fatal(err)
		}
	}
}
